# core.c: remove mirrors create
/^static void mdev_destroy(/,/^}/ {
	s/	device_release_driver(&mdev->dev);/	mdev_links_remove(mdev); device_release_driver(\&mdev->dev);/
	s/^	mdev_links_remove(mdev);$//
}
