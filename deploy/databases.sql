-- Run once, on an empty cluster. The ledger's database must hold nothing else.
CREATE DATABASE prefect;
CREATE DATABASE mlflow;
CREATE DATABASE ledger;
CREATE DATABASE studies;
