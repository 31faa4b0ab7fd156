"""A batch of rooms: decide what is due, compose it, report it, with any executor.

steps          the steps of a batch in their order; one_room is the batch of one
run            the loop: submit what is due, take in what ends, record it now and then
executor       the ports of the loop: who runs steps, and who renders
in_process     both ports without an orchestrator; threads renders, kept_results survive a kill

selection      which rooms and templates a run considers
reading        read manifests and templates
catalog_state  load the rows that decide what is due; due has the table of decisions
planning       plan rooms by every template
render         draw pictures, render compositions; a failure is an outcome
record         write outcomes and unreadable documents into the catalogs
report         one line a composition, one sentence for all
known          failures of documents that an earlier run reported

shards         cut a batch into shards, each for a run of its own
shares         cut a long room into shares, each for a worker
leftovers      clear what killed runs left
outage         wait for a store that is away
edge           one bad item ends itself, and nothing else
"""
