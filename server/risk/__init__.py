"""The shell around the risk profiles: what they need is read here, and what they warn of is told to the engine."""
