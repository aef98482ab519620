# core.c: the remove file goes before its device
s/^		device_remove_file_self(&mdev->dev, self);//
