"""The command line: one file a command under `commands`. Only this room ends the process."""
