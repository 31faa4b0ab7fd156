"""From claims and media to manifests: clocks, evidence, findings, files."""
