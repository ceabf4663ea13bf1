"""The reference stack: seven services that know nothing of the testbed and talk to each other only over the wire."""
