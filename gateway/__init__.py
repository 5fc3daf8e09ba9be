"""The school box: hosts the device agents, keeps what they tell on disk, and gets it to the server."""
