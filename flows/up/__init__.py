"""Two servers, a worker and the deployments on one machine, started and stopped as one."""
