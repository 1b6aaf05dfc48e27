"""How many mails one worker takes in: kept, read, and made what comes of each."""

from statistics import median

from benchmarks import service
from benchmarks.results import Figure, paired
from benchmarks.triage import data_folder

TURNS, COPIES = 7, 5


def measure() -> dict[str, Figure]:
    """Take the sample mails in seven times, in turns with a bare insert of the same bytes.

    Each turn has every sample five times, two hours apart as the product's clock is told, or the
    same from the same sender would be a loop. What a mail came to is counted at the end.
    """
    folder = data_folder() / "emails" / "dev"
    if not folder.is_dir():
        print(f"mails: no samples at {folder} (set SHIPOPS_DATA)")
        return {}
    with service.database_server() as server:
        url, _ = service.database(server, "bench_mails", fresh=True)
        service.install(url)
        service.prepare(url, "accounts")
        done = service.prepare(url, "mails", path=str(folder), turns=TURNS, copies=COPIES)
    print(f"one mail: {1000 / median(done['ours']):.1f} ms; of all: {done['states']}")
    return {"mails_per_second": paired(done["ours"], done["floor"], "mails/s")}
