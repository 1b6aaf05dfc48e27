"""manage.py simulate_queue: a table, bounds that are held, and past tickets from a file."""

import io
from pathlib import Path
from unittest.mock import patch

import pytest
from django.core.management import CommandError, call_command

from tickets.management.commands import simulate_queue
from tickets.rules.queue.simulator.rows import NEEDED, OPTIONAL

SMALL = [
    "--clients=4", "--engineers=1", "--weeks=3", "--seeds=2", "--factors=1,3", "--processes=1",
]  # fmt: skip


def run(*words: str) -> str:
    out = io.StringIO()
    call_command("simulate_queue", *words, stdout=out)
    return out.getvalue()


def refused(*words: str, error: type[Exception] = CommandError) -> tuple[str, str, str]:
    """Give what was printed, what was complained of line by line, and in the end."""
    out, errors = io.StringIO(), io.StringIO()
    with pytest.raises(error) as stopped:
        call_command("simulate_queue", *words, stdout=out, stderr=errors)
    assert getattr(stopped.value, "returncode", 1) == 1
    return out.getvalue(), errors.getvalue(), str(stopped.value)


def write(path: Path, *rows: str, head: str = "client,arrived,priority,estimate_minutes") -> str:
    file = path / "tickets.csv"
    file.write_text("\n".join([head, *rows]), encoding="utf-8")
    return f"--csv={file}"


def test_every_order_stands_in_the_table_at_every_factor() -> None:
    lines = [line.split() for line in run(*SMALL).splitlines()]
    assert ["1", "×", "3", "×"] in lines
    titles = [" ".join(words) for words in lines]
    for order in ("ShipOps", "First in, first out", "Severity as claimed", "Earliest due first"):
        assert order in titles
    assert sum(words[:3] == ["done", "within", "target"] for words in lines) == 4
    assert sum(words[:1] == ["promised"] for words in lines) == 1
    (broken,) = [words for words in lines if words[:2] == ["promises", "broken"]]
    assert broken[-2:] == ["0", "0"]


def test_bounds_that_hold_pass_the_check_and_others_do_not() -> None:
    run(*SMALL, "--check", "--load=20")
    printed, _, why = refused(*SMALL, "--check", "--load=250")
    assert "ShipOps" in printed, "the table is printed all the same"
    assert why.startswith("Out of bounds: ")
    assert "were done within target" in why


def test_slots_are_dealt_out_in_turn_and_terms_reach_the_rules() -> None:
    words = [
        "--clients=5", "--slots=1,3", "--tokens=2.5", "--burst=9", "--load=55.5",
        "--targets=60,120,180,240", "--first-seed=7", "--seeds=3", "--believed=10",
    ]  # fmt: skip
    stopping = patch.object(simulate_queue, "run_all", side_effect=KeyboardInterrupt)
    with stopping as asked, pytest.raises(CommandError, match="Stopped") as stopped:
        run(*words)
    assert stopped.value.returncode == 130
    weeks, factors, seeds = asked.call_args.args
    assert weeks.slots == (1, 3, 1, 3, 1)
    assert (weeks.refill, weeks.burst, weeks.load, weeks.believed) == (2.5, 9, 55.5, 10)
    assert list(weeks.targets.values()) == [60, 120, 180, 240]
    assert (factors, list(seeds)) == ([1, 10, 20], [7, 8, 9])


@pytest.mark.parametrize(
    "word",
    [
        "--clients=1", "--clients=two", "--seeds=0", "--seeds=1.5", "--factors=1,", "--load=0",
        "--load=nan", "--targets=1,2,3", "--targets=0,1,2,3", "--zone=Mars/Base", "--engineers=0",
        "--slots=0", "--zone=../../etc/passwd",
    ],
)  # fmt: skip
def test_options_out_of_range_are_refused(word: str) -> None:
    _, _, why = refused(word)
    assert word.split("=")[0] in why


def test_past_tickets_are_run_by_all_four_orders(tmp_path: Path) -> None:
    rows = [
        f"{client},2026-03-0{day}T{hour}:15+01:00,P{1 + (day + hour) % 4},60"
        for client in ("Acme", "Globex, Inc")
        for day in (2, 3, 4)
        for hour in (10, 11, 14)
    ]
    rows = [row.replace("Globex, Inc", '"Globex, Inc"') for row in rows]
    printed = run(write(tmp_path, *rows), "--zone=Europe/Berlin")
    assert "18 tickets of 2 clients" in printed
    assert "100.00 %" in next(line for line in printed.splitlines() if line.startswith("ShipOps"))
    for order in ("First in, first out", "Severity as claimed", "Earliest due first"):
        assert order in printed


def test_the_client_who_fares_worst_is_named(tmp_path: Path) -> None:
    printed = run(
        write(tmp_path, "Acme,2026-03-02T10:00Z,P4,30", "Globex,2026-03-02T10:00Z,P1,2000")
    )
    ours = next(line for line in printed.splitlines() if line.startswith("ShipOps"))
    assert ours.split()[1:3] == ["50.00", "%"]
    assert ours.endswith("0.00 %, Globex")


def test_other_separators_columns_in_any_order_and_optional_ones_are_read(tmp_path: Path) -> None:
    head = "Slots;reach;Estimate_Minutes;priority;ARRIVED;note;client"
    row = "2;5;60;p2;2026-03-02;whatever;Acme"
    assert "1 ticket of 1 client," in run(write(tmp_path, row, row[:0], head=head))


@pytest.mark.parametrize(
    ("row", "column"),
    [
        (",2026-03-02T10:00Z,P2,60,1,1", "client"),
        ("Acme,yesterday,P2,60,1,1", "arrived"),
        ("Acme,2026-02-30,P2,60,1,1", "arrived"),
        ("Acme,0001-01-01T00:00+14:00,P2,60,1,1", "arrived"),
        ("Acme,2026-03-02T10:00Z,P5,60,1,1", "priority"),
        ("Acme,2026-03-02T10:00Z,P2,0,1,1", "estimate_minutes"),
        ("Acme,2026-03-02T10:00Z,P2,1e3,1,1", "estimate_minutes"),
        ("Acme,2026-03-02T10:00Z,P2,²,1,1", "estimate_minutes"),
        ("Acme,2026-03-02T10:00Z,P2,60,-1,1", "reach"),
        ("Acme,2026-03-02T10:00Z,P2,60,1,many", "slots"),
        ("Acme,2026-03-02T10:00Z,P2,60,1,3", "slots"),
        ("Acme,2026-03-02T10:00Z,P2,60,1,1,more", "row"),
        ("Acme,2026-03-02T10:00Z", "priority"),
    ],
)
def test_bad_rows_are_refused_by_line_and_the_others_simulated(
    tmp_path: Path, row: str, column: str
) -> None:
    good = "Acme,2026-03-02T10:00Z,P3,60,1,2"
    head = "client,arrived,priority,estimate_minutes,reach,slots"
    printed, lines, why = refused(write(tmp_path, good, "", row, good, head=head))
    assert "2 tickets of 1 client," in printed
    assert lines.startswith(f"line 4: {column}: ")
    assert lines.count("\n") == 1
    assert why == "1 line was refused, the others simulated."


def test_a_client_s_name_does_not_steer_the_terminal(tmp_path: Path) -> None:
    printed, _, _ = refused(write(tmp_path, "\x1b[31mAc\u202eme,2026-03-02T10:00Z,P3,60", "bad"))
    assert "[31mAc me" in printed
    assert "\x1b" not in printed and "\u202e" not in printed


def test_a_quoted_text_over_two_lines_does_not_shift_the_line_numbers(tmp_path: Path) -> None:
    good, bad = '"Acme\nLtd",2026-03-02T10:00Z,P3,60', "Acme,2026-03-02T10:00Z,P9,60"
    _, lines, _ = refused(write(tmp_path, good, bad))
    assert lines.startswith("line 4: priority")


def test_files_that_cannot_be_simulated_are_refused(tmp_path: Path) -> None:
    assert "no ticket" in refused(write(tmp_path))[2]
    assert "there is no priority" in refused(write(tmp_path, head="client,arrived"))[2]
    assert "there is no client" in refused(write(tmp_path, head=""))[2]
    assert "No such file" in refused(f"--csv={tmp_path}/none.csv")[2]
    apart = write(tmp_path, "A,2015-01-01T10:00Z,P3,5", "A,2026-01-01T10:00Z,P3,5")
    assert "years apart" in refused(apart)[2]
    much = write(tmp_path, *["A,2026-01-01T10:00Z,P3,100000"] * 30)
    assert "would need more than 5 years" in refused(much)[2]
    (tmp_path / "latin.csv").write_bytes(b"client,arrived,priority,estimate_minutes\n\xe9,,,\n")
    assert "not UTF-8" in refused(f"--csv={tmp_path}/latin.csv")[2]


@pytest.mark.django_db
def test_the_houses_own_hours_are_asked_for_only_if_wished(tmp_path: Path) -> None:
    path = write(tmp_path, "Acme,2026-03-02T10:00Z,P3,60")
    assert run(path) != ""
    assert "1 ticket of" in run(path, "--house-calendar")


def test_every_column_of_the_file_is_documented() -> None:
    page = (Path(__file__).parents[2] / "docs/simulator.md").read_text(encoding="utf-8")
    assert [name for name in (*NEEDED, *OPTIONAL) if f"| `{name}` |" not in page] == []
