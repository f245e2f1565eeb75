"""The seam between the client and the network: one call out, one answer back, in both colours.

`plain` (urllib3) and `awaitable` (aiohttp) go over a socket, `local` to the embedded server in this process. Pass an
object of your own with the same methods as `transport=` to put something else there.
"""
