"""Real mail programs and hostile servers on free loopback ports, for the tests and the benches.

Standard library only; run by Debian's /usr/bin/python3 with PYTHONPATH=tests. Each peer is a context manager that
lives in a directory of its own, waits with a deadline until it accepts, and is stopped by its own process id.
"""
