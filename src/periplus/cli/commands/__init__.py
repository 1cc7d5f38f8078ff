"""The commands of ``periplus``: each module here is one, with `HELP` (a line) and `main(arguments)`, its status."""
