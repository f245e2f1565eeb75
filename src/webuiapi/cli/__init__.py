"""The command line, one file per command.

    app        the commands by name, loaded when used, and what becomes of errors
    command    a command whose help is in sections, and the flags that all have in common
    fields     what a request's dataclass says about its fields: type and docstring
    flags      these fields as flags
    values     types of flags: pictures, sizes, NAME=VALUE
    settings   `webuiapi.toml`: servers by name, defaults of flags
    defaults   flags as keys of that file
    places     which server a command is for
    job        sending a request and showing how it goes
    given      pictures given one after the other, and a call for each
    painting   a generation from the request to the files
    stopping   an order to whatever runs
    terminal_pictures  pictures in terminals that can show them
    output     where pictures, paths and JSON go
    errors     errors as one paragraph, as JSON and as an exit code

Every other file is the command of its name, as `command`.
"""
