"""Fourth pass: stages become a graph, and steps that tell what each line did to the image.

state.py is what a stage knows while its lines are read (variables, config, vertex on top); base.py FROM and triggers,
run.py RUN, files.py COPY ADD WORKDIR, settings.py everything that changes only the config. plan.py is the result.
Pure: base images are resolved before, contexts are looked at after.
"""
