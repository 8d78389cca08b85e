"""The control plane: its own process on its own listener, out of the data path. It meets the gateway in the store."""
