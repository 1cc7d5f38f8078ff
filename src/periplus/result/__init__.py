"""What a run tells and how it is written: one row type, one writer a format, bytes that stay valid.

`row` says what there is to tell, `fold` which ports are worth a line, `writer` what a format is and how
several run at once, `sink` where the bytes go and why a file is valid at any moment. `formats` lists the formats;
adding one means a module with its writer and an entry there.
"""
