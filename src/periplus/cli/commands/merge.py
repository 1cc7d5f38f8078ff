"""``periplus merge``: one output from several of one scan, of its shards or of a run that was begun twice."""

import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from periplus.cli.main import FAILED, FINISHED
from periplus.cli.options import add_formats, output_requests
from periplus.cli.parser import Parser
from periplus.data import protocols_text, services_text
from periplus.errors import UsageError
from periplus.result.formats import NDJSON
from periplus.result.joined import Join, Lines
from periplus.result.outputs import open_writers
from periplus.result.text import printable
from periplus.result.writer import Options
from periplus.space.services import Services

__all__ = ["HELP", "main"]

HELP = "join NDJSON outputs of one scan, such as those of its shards"
DETAILS = """
FILE ...: what scan -oJ wrote, with the same seed and targets. Each host is
told once, as the first of the files has it; the summaries are added up."""
AT_ONCE = 256


def main(arguments: Sequence[str]) -> int:
    """Join, and return the exit status."""
    parser = Parser("merge", "FILE ... [-oJ FILE] [OPTIONS]", f"{HELP[0].upper()}{HELP[1:]}.\n{DETAILS}")
    parser.add_help_option(add_formats(parser))
    given, files = parser.read(arguments)
    if not files:
        raise UsageError('no files to join; see "periplus merge --help"')
    requests = output_requests(given)
    for _, target in requests:
        _check_target(target, files)
    join = Join(files)
    services = Services(services_text() + protocols_text())
    options = Options(services, reason=given.reason, all_states=True, verbose=given.verbose)
    wanted = [(replace(each, factory=Lines) if each == NDJSON else each, target) for each, target in requests]
    writers = open_writers(wanted, options, _tell)
    try:
        writers.begin(join.run)
        hosts = []
        for host in join.hosts():
            hosts.append(host)
            if len(hosts) >= AT_ONCE:
                writers.hosts(hosts)
                hosts = []
        writers.hosts(hosts)
        for row in join.leftovers():
            writers.finding(row)
        summary = join.summary()
        writers.end(summary)
    finally:
        writers.close()
    if summary.message:
        _tell(summary.message)
    return FAILED if writers.failed else FINISHED


def _check_target(target: str, files: Sequence[str]) -> None:
    """What is joined must not be emptied before it is read."""
    for file in files:
        if Path(target).exists() and Path(file).exists() and Path(target).samefile(file):
            raise UsageError(f"{target} is to be joined, so it cannot be written as well")


def _tell(text: str) -> None:
    print(f"periplus: {printable(text)}", file=sys.stderr)
