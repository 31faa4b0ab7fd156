"""The faces of the service by HTTP: the REST API, and what else a browser or a client asks for.

What they answer is decided by `roomreel.service`, which knows no HTTP.
"""
