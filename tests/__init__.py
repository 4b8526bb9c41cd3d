"""The suite: one folder for each package, and journeys, contract, faults and checks."""
