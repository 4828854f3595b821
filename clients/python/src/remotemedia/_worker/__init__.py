"""
Runs Python nodes for the runtime: as a process that the runtime starts (`__main__`), or within one of yours.

    worker = worker.Worker(sock, objects={"n0": my_node})
    await worker.serve()
"""
