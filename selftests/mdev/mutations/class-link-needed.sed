# core.c: the class link is a convenience
s/		dev_warn(dev, "no link in .*/		return ret;/
