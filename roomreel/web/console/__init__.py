"""The console: the pages of the service for people, made on the server and shown by a browser.

A face beside the API, on the same core: no page reads or changes what the core has no function for.
"""
