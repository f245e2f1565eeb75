"""How much the package itself costs, beside its predecessor 0.9.17 and the least that is possible.

`python -m benchmarks` (or `make bench`) prints tables of ratios; README.md says how to read them.

    __main__     the command
    run          rounds in turn, over all clients of a case
    table        medians, spread and ratios as Markdown
    case         what a case and an area of cases are
    areas/       the cases, one file an area
    worker       the process that one client is measured in
    clients      what each client does in each operation
    stub         the server, which does no work
    pictures     what it answers with
    predecessor  installing the package 0.9.17 beside
"""
