"""Servers, a worker and the deployments on one machine: started, watched and ended as one."""
