"""Compose: a Compose file becomes requests of the client.

    text ─▶ source (YAML with lines) ─▶ interpolation ─▶ schema (each key known, short forms made long)
         ─▶ places (paths absolute) ─▶ extending, merging, loading (files, includes) ─▶ reading ─▶ Project (model.py)
    Project + what is there (observing) ─▶ planning: a list of operations ─▶ executing, through Client

Everything up to the plan is pure but for reading the user's files: values in, values out, and each error names file,
line and key. The plan can be printed (`up --dry-run`) and is compared in tests.

Containers, networks and volumes carry the labels and names of Docker Compose v2 (labels.py), so that it and
docker-compose find our projects, and we theirs.

Of the specification's keys none is passed over in silence (refusals.py has the tables, and their reasons):
carried out: all that is not named here; deploy.mode global is one container, cpu_count a limit of cpus;
refused by service and key, as the service would be another one without: provider, models, pre_start, use_api_socket,
    credential_spec, isolation and cpu_percent (Windows), build.provenance, build.sbom, several build.platforms, mounts
    of type cluster and npipe, jobs of a swarm, and secrets and configs that a swarm would keep;
left aside, and told beside the result, where Docker Compose leaves it aside, too: what only a swarm can do
    (deploy.placement, update_config, rollback_config, labels, endpoint_mode vip), restart delays and windows, reserved
    processors, and names and labels of secrets and configs;
for people and other programs, by the specification's own words: version, x-…, and name, app_protocol and mode of ports.

Imports client and errors, never commands or magics. Source: the Compose Specification. Start at loading.py, then
planning.py; completion of a file's keys is in keys.py.
"""
