"""The service: requests for compositions, and what is known of rooms, in a database.

The core of `roomreel serve`. It knows no HTTP (`roomreel.web` answers requests) and no orchestrator
(`roomreel.flows` implements its port). Outcomes are in the catalogs, and those decide; here is what
is asked for, who works on it, and a copy of the catalogs with the indexes that lists need.
"""
