# bus.c: a driver has a device_api
s/if (!drv->device_api)/if (0)/
