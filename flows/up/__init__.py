"""Everything on one machine: two servers, a worker and the deployments, started and stopped as one."""
