"""Public fakes for tests of the gateway and of what people build around it. They are real servers on loopback."""
