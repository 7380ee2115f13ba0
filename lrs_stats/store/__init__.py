"""The record: the only code that imports pymongo, and the private mongod."""
