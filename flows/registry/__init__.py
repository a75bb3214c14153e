"""The champion in MLflow's registry, and how it is served."""
