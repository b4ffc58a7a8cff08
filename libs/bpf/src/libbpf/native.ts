import koffi, { type KoffiFunc, type LibraryHandle } from 'koffi';

/** koffi gives pointers as bigint; NULL is null. */
export type Pointer = bigint | null;
/** What may be passed where C takes `void*`. */
export type Bytes = NodeJS.ArrayBufferView | ArrayBuffer | Pointer;

const c = koffi.load('libc.so.6');

/** koffi knows types at run time only: this is the one place where a C signature and a TypeScript one are put side by side. */
const bind = <F extends (...args: never[]) => unknown>(library: LibraryHandle, signature: string): KoffiFunc<F> =>
  library.func(signature) as unknown as KoffiFunc<F>;

const testRunOpts = koffi.struct('bpf_test_run_opts', {
  sz: 'size_t',
  data_in: 'void*',
  data_out: 'void*',
  data_size_in: 'uint32',
  data_size_out: 'uint32',
  ctx_in: 'void*',
  ctx_out: 'void*',
  ctx_size_in: 'uint32',
  ctx_size_out: 'uint32',
  retval: 'uint32',
  repeat: 'int',
  duration: 'uint32',
  flags: 'uint32',
  cpu: 'uint32',
  batch_size: 'uint32',
});

export interface TestRunOpts {
  sz: number;
  data_in: Bytes;
  data_out: Bytes;
  data_size_in: number;
  data_size_out: number;
  ctx_in: Bytes;
  ctx_out: Bytes;
  ctx_size_in: number;
  ctx_size_out: number;
  retval: number;
  repeat: number;
  duration: number;
  flags: number;
  cpu: number;
  batch_size: number;
}
export const TEST_RUN_OPTS_SIZE = koffi.sizeof(testRunOpts);

/** linux/filter.h: instructions of 8 bytes. */
const socketProgram = koffi.struct('sock_fprog', { len: 'uint16', filter: 'void*' });
export interface SocketProgram {
  len: number;
  filter: Bytes;
}
export const SOCKET_PROGRAM_SIZE = koffi.sizeof(socketProgram);

/** Made when it is first used: a box without libbpf has other taps. */
function whenUsed<T extends object>(make: () => T): T {
  let made: T | undefined;
  return new Proxy({} as T, { get: (_, name): unknown => Reflect.get((made ??= make()), name) });
}

/** libbpf 1.x (bpf/libbpf.h, bpf/bpf.h). All that return int return -errno on failure. Throws where the library is not there. */
export const libbpf = whenUsed(() => bindLibbpf(koffi.load('libbpf.so.1')));
const bindLibbpf = (bpf: LibraryHandle) => ({
  setPrint: bind<(callback: Pointer) => Pointer>(bpf, 'void* libbpf_set_print(void*)'),
  open: bind<(path: string, opts: Bytes) => Pointer>(bpf, 'void* bpf_object__open_file(const char*, const void*)'),
  load: bind<(object: Pointer) => number>(bpf, 'int bpf_object__load(void*)'),
  closeObject: bind<(object: Pointer) => void>(bpf, 'void bpf_object__close(void*)'),
  findProgram: bind<(object: Pointer, name: string) => Pointer>(bpf, 'void* bpf_object__find_program_by_name(void*, const char*)'),
  programFd: bind<(program: Pointer) => number>(bpf, 'int bpf_program__fd(void*)'),
  nextProgram: bind<(object: Pointer, program: Pointer) => Pointer>(bpf, 'void* bpf_object__next_program(void*, void*)'),
  programName: bind<(program: Pointer) => string>(bpf, 'const char* bpf_program__name(void*)'),
  setAutoload: bind<(program: Pointer, on: boolean) => number>(bpf, 'int bpf_program__set_autoload(void*, bool)'),
  setProgramType: bind<(program: Pointer, type: number) => number>(bpf, 'int bpf_program__set_type(void*, int)'),
  nextMap: bind<(object: Pointer, map: Pointer) => Pointer>(bpf, 'void* bpf_object__next_map(void*, void*)'),
  mapName: bind<(map: Pointer) => string>(bpf, 'const char* bpf_map__name(void*)'),
  mapFd: bind<(map: Pointer) => number>(bpf, 'int bpf_map__fd(void*)'),
  mapType: bind<(map: Pointer) => number>(bpf, 'int bpf_map__type(void*)'),
  keySize: bind<(map: Pointer) => number>(bpf, 'uint32 bpf_map__key_size(void*)'),
  valueSize: bind<(map: Pointer) => number>(bpf, 'uint32 bpf_map__value_size(void*)'),
  maxEntries: bind<(map: Pointer) => number>(bpf, 'uint32 bpf_map__max_entries(void*)'),
  setMaxEntries: bind<(map: Pointer, entries: number) => number>(bpf, 'int bpf_map__set_max_entries(void*, uint32)'),
  setPinPath: bind<(map: Pointer, path: string | null) => number>(bpf, 'int bpf_map__set_pin_path(void*, const char*)'),
  reuseFd: bind<(map: Pointer, fd: number) => number>(bpf, 'int bpf_map__reuse_fd(void*, int)'),
  initialValue: bind<(map: Pointer, size: bigint[]) => Pointer>(bpf, 'void* bpf_map__initial_value(void*, _Out_ size_t*)'),
  objectBtf: bind<(object: Pointer) => Pointer>(bpf, 'void* bpf_object__btf(void*)'),
  rawBtf: bind<(btf: Pointer, size: number[]) => Pointer>(bpf, 'void* btf__raw_data(void*, _Out_ uint32*)'),
  linkCreate: bind<(program: number, ifindex: number, type: number, opts: Bytes) => number>(
    bpf,
    'int bpf_link_create(int, int, int, const void*)',
  ),
  linkUpdate: bind<(link: number, program: number, opts: Bytes) => number>(bpf, 'int bpf_link_update(int, int, const void*)'),
  pin: bind<(fd: number, path: string) => number>(bpf, 'int bpf_obj_pin(int, const char*)'),
  openPin: bind<(path: string) => number>(bpf, 'int bpf_obj_get(const char*)'),
  info: bind<(fd: number, info: Bytes, size: Bytes) => number>(bpf, 'int bpf_obj_get_info_by_fd(int, void*, void*)'),
  mapCreate: bind<(type: number, name: string, key: number, value: number, entries: number, opts: Bytes) => number>(
    bpf,
    'int bpf_map_create(int, const char*, uint32, uint32, uint32, const void*)',
  ),
  mapUpdate: bind<(map: number, key: Bytes, value: Bytes, flags: number) => number>(
    bpf,
    'int bpf_map_update_elem(int, const void*, const void*, uint64)',
  ),
  mapLookup: bind<(map: number, key: Bytes, value: Bytes) => number>(bpf, 'int bpf_map_lookup_elem(int, const void*, void*)'),
  mapDelete: bind<(map: number, key: Bytes) => number>(bpf, 'int bpf_map_delete_elem(int, const void*)'),
  testRun: bind<(program: number, opts: TestRunOpts) => number>(bpf, 'int bpf_prog_test_run_opts(int, _Inout_ bpf_test_run_opts*)'),
  tcHookCreate: bind<(hook: Bytes) => number>(bpf, 'int bpf_tc_hook_create(void*)'),
  tcHookDestroy: bind<(hook: Bytes) => number>(bpf, 'int bpf_tc_hook_destroy(void*)'),
  tcAttach: bind<(hook: Bytes, opts: Bytes) => number>(bpf, 'int bpf_tc_attach(void*, void*)'),
  tcDetach: bind<(hook: Bytes, opts: Bytes) => number>(bpf, 'int bpf_tc_detach(void*, void*)'),
});

/** glibc. What fails leaves its reason in koffi.errno(). */
export const libc = {
  mmap: bind<(at: Pointer, length: number, protection: number, flags: number, fd: number, offset: number) => Pointer>(
    c,
    'void* mmap(void*, size_t, int, int, int, int64)',
  ),
  munmap: bind<(at: Pointer, length: number) => number>(c, 'int munmap(void*, size_t)'),
  close: bind<(fd: number) => number>(c, 'int close(int)'),
  sysconf: bind<(name: number) => number>(c, 'long sysconf(int)'),
  mount: bind<(source: string, target: string, type: string, flags: number, data: Pointer) => number>(
    c,
    'int mount(const char*, const char*, const char*, ulong, const void*)',
  ),
  clockGettime: bind<(clock: number, time: Bytes) => number>(c, 'int clock_gettime(int, void*)'),
  clockGetres: bind<(clock: number, time: Bytes) => number>(c, 'int clock_getres(int, void*)'),
  socket: bind<(domain: number, type: number, protocol: number) => number>(c, 'int socket(int, int, int)'),
  bindSocket: bind<(fd: number, address: Bytes, length: number) => number>(c, 'int bind(int, const void*, uint32)'),
  send: bind<(fd: number, data: Bytes, length: number, flags: number) => number>(c, 'intptr_t send(int, const void*, size_t, int)'),
  receive: bind<(fd: number, data: Bytes, length: number, flags: number) => number>(c, 'intptr_t recv(int, void*, size_t, int)'),
  setSocketOption: bind<(fd: number, level: number, name: number, value: Bytes, length: number) => number>(
    c,
    'int setsockopt(int, int, int, const void*, uint32)',
  ),
  attachFilter: bind<(fd: number, level: number, name: number, program: SocketProgram, length: number) => number>(
    c,
    'int setsockopt(int, int, int, const sock_fprog*, uint32)',
  ),
  getSocketOption: bind<(fd: number, level: number, name: number, value: Bytes, length: Bytes) => number>(
    c,
    'int getsockopt(int, int, int, void*, void*)',
  ),
  vsnprintf: bind<(to: Bytes, size: number, format: Pointer, args: Pointer) => number>(
    c,
    'int vsnprintf(void*, size_t, const void*, void*)',
  ),
};
