"""Which web server: the floor view under granian and under gunicorn with threads, in turns.

python -m benchmarks.servers
"""

from statistics import median

from benchmarks import service
from benchmarks.bare import APPLICATION, PATH, bare_environment, post
from benchmarks.intake import CLIENTS, SECONDS, WARM_UP
from benchmarks.load import run_load

ROUNDS = 5


def main() -> None:
    """Print requests a second of both, the median of five turns, and their ratio."""
    with service.database_server() as server:
        url, _ = service.database(server, "bench_servers", fresh=True)
        env = bare_environment(url)
        granian = service.web(env, application=APPLICATION, ready=PATH)
        gunicorn = service.gunicorn(env, application=APPLICATION)
        rates: dict[str, list[float]] = {"granian": [], "gunicorn": []}
        with granian as (granian_port, _), gunicorn as gunicorn_port:
            ports = {"granian": granian_port, "gunicorn": gunicorn_port}
            for port in ports.values():
                run_load(port, post(PATH, {}), clients=CLIENTS, seconds=WARM_UP)
            for _ in range(ROUNDS):
                for name, port in ports.items():
                    load = run_load(port, post(PATH, {}), clients=CLIENTS, seconds=SECONDS)
                    rates[name].append(load.per_second)
    for name, found in rates.items():
        print(f"{name}: {median(found):.0f} requests/s ({min(found):.0f} to {max(found):.0f})")
    ratios = [a / b for a, b in zip(rates["granian"], rates["gunicorn"], strict=True)]
    print(f"granian / gunicorn: {median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f})")


if __name__ == "__main__":
    main()
