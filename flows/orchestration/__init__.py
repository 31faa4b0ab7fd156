"""Prefect's side of a batch: executor, servers, runs, states, tags, artifacts.

executor                    run the steps of a batch as tasks, and render in task runs
spreading, shards           have others draw shares of a room, or compose shards of a batch
deployments, related_runs   start runs and wait for them; find those that belong together
run_end                     end a flow run: its state, artifacts and tags
failures, gallery, summary  leave artifacts: failures, pictures, a summary
parameters, run_names       the forms of runs, and what runs are called
tags                        tag runs by template and by codes of failures
runtime, server             start an orchestrator where none is named
settings                    read settings, credentials of Prefect included
"""
