# Redis in LAB-ctl: append-only file and noeviction, as Guardpost demands of any Redis.
redis_up() {
  local r=$D/redis
  ! alive "$r/redis.pid" || return 0
  mkdir -p "$r"
  cat >"$r/redis.conf" <<C
bind $CTL_ADDRESS 127.0.0.1
port 6379
protected-mode no
dir $r
appendonly yes
appendfsync everysec
save ""
maxmemory-policy noeviction
set-proc-title no
C
  launch "$r/redis.pid" "$r/redis.log" nsenter --net="$(netns ctl)" -- redis-server "$r/redis.conf"
  until_ok 10 redis_answers || fail "Redis did not start; see $r/redis.log"
}
redis_answers() { [ "$(in_ns ctl redis-cli -h $CTL_ADDRESS ping)" = PONG ]; }
redis_down() { stop "$D/redis/redis.pid" "${1:-TERM}"; }
