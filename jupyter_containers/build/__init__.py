"""Build: a Dockerfile and a context become an image, through a graph whose equal parts are done once.

I own the words of Dockerfiles, the graph, and what a cache record means. I touch images, content and snapshots through
their protocols, the context directory, and the process runner that somebody hands me (executor.py); never namespaces,
HTTP or the database.

    text ─ dockerfile/lines ─ instructions ─ stages ─ to_graph ─▶ vertices ─ solver ─▶ layers ─ images.assemble ─▶ Image

| word       | meaning                                                                                       |
|------------|-----------------------------------------------------------------------------------------------|
| vertex     | one operation with its inputs: an image's root, a run, a copy, a directory                    |
| definition key | what is known before anything runs: the operation and the definition keys of its inputs   |
| content key    | the same with the inputs' content instead: hits when other work led to equal files        |
| filesystem | what a vertex results in: a stack of layers, also a committed snapshot named by its chain id  |

Start at builder.py; the theory is in solver.py.
"""
