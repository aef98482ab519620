# core.c: a failed probe takes the device along
/^out_del:/,/^}/ s/device_del(dev);/;/
