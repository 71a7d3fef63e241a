#!/usr/bin/env bash
# Builds the image without Docker, on local stand-ins for its base images, looks inside and starts it as a container engine would: as its user,
# with its own command and environment, on a read-only root. Not part of npm test.
# Needs root, buildah, mmdebstrap (Debian packages), this machine's node and npm. Usage: test/image/check-image.sh [work folder]
set -euo pipefail
cd "$(dirname "$0")/../.."
work=${1:-$(mktemp -d)}
mkdir -p "$work"
export BUILDAH_ISOLATION=chroot
store=(--root "$work/storage" --runroot "$work/run")
image=localhost/message-trace-collector:check
node=$(command -v node)
port=18999

# Mounts of a run that failed must not outlive it.
trap 'buildah "${store[@]}" umount --all >/dev/null 2>&1 || true' EXIT

say() { printf '== %s\n' "$*"; }
fail() { printf 'FAILED: %s\n' "$*"; exit 1; }
# A part of the image's configuration, by Go template.
config() { buildah "${store[@]}" inspect --format "$1" "$2"; }

stand_in_build() {
  if buildah "${store[@]}" inspect --type image localhost/stand-in-build >/dev/null 2>&1; then say "stand-in of the build base: there from before"; return; fi
  say "stand-in of the build base: Debian minbase, node $("$node" --version) and npm of this machine"
  [ -d "$work/minbase" ] || mmdebstrap --variant=minbase --include=ca-certificates bookworm "$work/minbase" >"$work/mmdebstrap.log" 2>&1
  local c; c=$(buildah "${store[@]}" from scratch)
  buildah "${store[@]}" add -q "$c" "$work/minbase" /
  buildah "${store[@]}" copy -q "$c" "$(readlink -f "$node")" /usr/local/bin/node
  buildah "${store[@]}" copy -q "$c" "$(npm root -g)/npm" /usr/local/lib/node_modules/npm
  # Authorities and addresses that this machine trusts, so that the build reaches what the machine reaches.
  buildah "${store[@]}" copy -q "$c" /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
  buildah "${store[@]}" run "$c" -- ln -sf ../lib/node_modules/npm/bin/npm-cli.js /usr/local/bin/npm
  buildah "${store[@]}" config --env NODE_EXTRA_CA_CERTS=/etc/ssl/certs/ca-certificates.crt "$c"
  buildah "${store[@]}" commit -q --rm "$c" localhost/stand-in-build >/dev/null
}

stand_in_runtime() {
  say "stand-in of the runtime base: node and the libraries it is linked with, no shell"
  local c tree=$work/runtime library
  rm -rf "$tree"; mkdir -p "$tree/nodejs/bin" "$tree/etc" "$tree/tmp"
  cp "$(readlink -f "$node")" "$tree/nodejs/bin/node"
  # The base carries the whole packages, of which native modules want more than node: libsql wants librt.
  for library in $(ldd "$(readlink -f "$node")" | grep -o '/[^ ]*') $(dpkg -L libc6 libgcc-s1 libstdc++6 | grep '\.so'); do
    [ -f "$library" ] || continue
    mkdir -p "$tree$(dirname "$library")"; cp -L "$library" "$tree$library"
  done
  printf 'nonroot:x:65532:65532:nonroot:/home/nonroot:/sbin/nologin\n' >"$tree/etc/passwd"
  chmod 1777 "$tree/tmp"
  c=$(buildah "${store[@]}" from scratch)
  buildah "${store[@]}" add -q "$c" "$tree" /
  buildah "${store[@]}" commit -q --rm "$c" localhost/stand-in-runtime >/dev/null
}

build() {
  say "buildah build of the unchanged Dockerfile"
  local user_config; user_config=$(npm config get userconfig)
  local mounts=(); [ -f "$user_config" ] && mounts=(--volume "$user_config:/root/.npmrc:ro")
  buildah "${store[@]}" build --layers --pull-never --network host "${mounts[@]}" \
    --build-arg BUILD_IMAGE=localhost/stand-in-build --build-arg RUNTIME_IMAGE=localhost/stand-in-runtime \
    --build-arg REVISION="$(git rev-parse --short HEAD 2>/dev/null || echo unknown)" --tag "$image" . >"$work/build.log" 2>&1 || { tail -n 20 "$work/build.log"; fail "the build"; }
}

inspect() {
  say "what is inside"
  local c=$1 root; root=$(buildah "${store[@]}" mount "$c")
  config '{{.OCIv1.Config.User}} {{.OCIv1.Config.Entrypoint}} {{.OCIv1.Config.Cmd}} {{.OCIv1.Config.ExposedPorts}} {{.OCIv1.Config.Volumes}}' "$c"; echo
  [ "$(config '{{.OCIv1.Config.User}}' "$c")" = 65532:65532 ] || fail "the user is not 65532"
  local labels; labels=$(config '{{range $k, $v := .OCIv1.Config.Labels}}{{$k}}={{$v}}{{"\n"}}{{end}}' "$c")
  local label; for label in licenses=Apache-2.0 "version=$("$node" -p 'require("./package.json").version')" "revision=$(git rev-parse --short HEAD 2>/dev/null || echo unknown)" title= description=; do
    [[ $labels == *"org.opencontainers.image.$label"* ]] || fail "no OCI label $label: $labels"
  done
  # The lock file says what production is; a package that is not in it, or only for development, has no place here.
  local strangers; strangers=$(find "$root/app/node_modules" -name package.json | sed -n "s|^$root/app/||; s|/package.json\$||p" | grep -E '(^|/)node_modules/(@[^/]+/)?[^/]+$' | "$node" -e '
    const { packages } = JSON.parse(require("fs").readFileSync("package-lock.json", "utf8"));
    const found = require("fs").readFileSync(0, "utf8").trim().split("\n");
    console.log(found.filter((path) => !packages[path] || packages[path].dev).join(" "));')
  [ -z "$strangers" ] || fail "not of the production install: $strangers"
  local others; others=$(find "$root/app" -path "$root/app/node_modules" -prune -o -type f ! -name '*.js' ! -name '*.schema.json' ! -path "$root/app/package.json" -print)
  [ -z "$others" ] || fail "neither JavaScript nor a schema: $others"
  [ -z "$(find "$root/app/node_modules/@libsql" -name '*musl*')" ] || fail "a native module for musl is in the image"
  [ -z "$(find "$root" -xdev -type f \( -name sh -o -name bash -o -name busybox -o -name npm -o -name 'apt*' \) -path '*bin/*')" ] || fail "a shell or a package manager is in the image"
  [ -z "$(find "$root/app" ! -type l \( -user 65532 -o -perm -o=w \) -print -quit)" ] || fail "the user can change the application"
  printf 'application %s, node_modules %s, packages %s, all of the lock file and none for development\n' "$(du -sh "$root/app" | cut -f1)" "$(du -sh "$root/app/node_modules" | cut -f1)" "$(find "$root/app/node_modules" -name package.json -path '*node_modules/*' -not -path '*/test/*' | grep -cE 'node_modules/(@[^/]+/)?[^/]+/package.json$')"
}

# Becomes a program in the image: its root read-only but for /data, its user, its environment. What a container engine does, with a process that can
# be signalled; the engine's isolation apart. To be called in a subshell or in the background.
inside() {
  local root=$1; shift
  exec env -i PATH="$PATH" "${environment[@]}" COLLECTOR_HOST=127.0.0.1 COLLECTOR_PORT=$port unshare --mount bash -ec '
    mount --bind "$1" "$1"; mount -o remount,bind,ro "$1"; mount --bind "$2" "$1/data"
    exec chroot --userspec=65532:65532 "$1" "${@:3}"' inside "$root" "$work/data" "$@"
}

until_answers() {
  for _ in $(seq 1 3000); do
    curl --silent --fail --output "$work/answer" "http://127.0.0.1:$port$1" && return
    kill -0 "$2" 2>/dev/null || { cat "$work/err.log"; fail "it ended"; }
    sleep 0.01
  done
  fail "no $1"
}

since() { echo $((($(date +%s%N) - $1) / 1000000)); }

start() {
  say "start as 65532 on a read-only root, stop with SIGTERM"
  local c=$1 root program script began live; root=$(buildah "${store[@]}" mount "$c")
  # As an engine makes a new volume: with what the image has there, and its owner.
  rm -rf "$work/data"; cp -a "$root/data" "$work/data"
  mapfile -t environment < <(config '{{range .OCIv1.Config.Env}}{{.}}{{"\n"}}{{end}}' "$c" | sed '/^$/d')
  program=$(config '{{index .OCIv1.Config.Entrypoint 0}}' "$c")
  # The command is relative to the image's working folder; a chroot begins in /.
  script=$(config '{{.OCIv1.Config.WorkingDir}}/{{index .OCIv1.Config.Cmd 0}}' "$c")
  ! (inside "$root" "$program" -e 'require("fs").writeFileSync("/tmp/x", "")') 2>"$work/err.log" && grep -q EROFS "$work/err.log" || fail "the root is not read-only"
  echo "Node $(inside "$root" "$program" --version)"
  began=$(date +%s%N)
  inside "$root" "$program" "$script" >"$work/out.log" 2>"$work/err.log" &
  local pid=$!
  until_answers /healthz $pid; live=$(since "$began"); cat "$work/answer"; echo
  until_answers /readyz $pid; cat "$work/answer"; echo
  printf 'answers /healthz after %s ms and /readyz after %s ms of wall time, load %s\n' "$live" "$(since "$began")" "$(cut -d' ' -f1 /proc/loadavg)"
  printf 'processor time until then: %s ms\n' "$(awk '{print ($14 + $15) * 10}' "/proc/$pid/stat")"
  [ "$(awk '/^Uid:/ {print $2}' "/proc/$pid/status")" = 65532 ] || fail "it does not run as 65532"
  (inside "$root" "$program" -e "$(health_check)") || fail "the health check of compose.yaml"
  began=$(date +%s%N)
  kill -TERM $pid; local code=0; wait $pid || code=$?
  [ $code = 0 ] || fail "SIGTERM ends it with $code"
  echo "SIGTERM ends it with 0 after $(since "$began") ms"
  [ -n "$(find "$work/data" -name collector.db)" ] || fail "no store in /data"
  echo "writes in /data, all else is read-only: $(find "$work/data" -type f | sed "s|$work||" | sort | tr '\n' ' ')"
}

# The script that compose.yaml has run in the container, for the port of this check.
health_check() {
  "$node" -e 'const { parse } = require("yaml"); console.log(parse(require("fs").readFileSync("compose.yaml", "utf8")).services.collector.healthcheck.test[3].replace("8080", process.argv[1]))' "$port"
}

stand_in_build
stand_in_runtime
build
container=$(buildah "${store[@]}" from --pull-never "$image")
inspect "$container"
start "$container"
buildah "${store[@]}" rm "$container" >/dev/null
say "all checks passed"
