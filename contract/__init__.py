"""The words both ends share: identities, device kinds, records, CS1 frames, topics and errors.

Nothing here imports anything else of ours, opens a file or a socket, or asks what time it is.
"""
