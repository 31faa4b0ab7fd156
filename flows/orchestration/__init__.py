"""What flows need of Prefect beyond decorators: servers, runs, states, tags, artifacts.

failures, gallery, summary  leave artifacts: failures, pictures, a summary
outage, waiting             wait for a store, and for runs of the work pool
parameters, run_names       the forms of runs, and what runs are called
related_runs, tags          find the runs that belong together, and tag them
runtime, server             start an orchestrator where none is named
settings                    read settings, credentials of Prefect included
"""
