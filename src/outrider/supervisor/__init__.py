"""The supervisor: facts go up through `watch`, commands go down through `lane`, and nothing else touches a terminal.

`crew` is who there is, `record` makes changes durable and tells everybody, `hands` starts and ends agents, `desk` is the
front that web and command line are given.
"""
