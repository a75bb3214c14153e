"""What MLflow is told of a run, also where it does not answer for a while."""
