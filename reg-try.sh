modprobe vfio_iommu_type1; modprobe mdev_bpf; 
cd selftests; ( timeout 60 device/uart & p=$!; sleep 25; cat /proc/loadavg; for t in $(pgrep -x uart); do cat /proc/$t/wchan; cat /proc/$t/stack; cat /proc/$t/syscall; done; wait )
