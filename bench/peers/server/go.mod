module cutover/bench/server

go 1.24
