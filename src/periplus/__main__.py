"""``python -m periplus``."""

from periplus.cli.main import run

run()
