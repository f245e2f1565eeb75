"""Tests of the command line: most in this process, some as a process of its own before a real server."""
