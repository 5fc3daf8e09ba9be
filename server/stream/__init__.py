"""The stream: what changed, cut to each scope, encoded once and told to every screen."""
