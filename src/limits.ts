/** Every bound of the program, named with its unit. A later setting may lower one; nothing is unbounded. */

const KIB = 1024;
const MIB = 1024 * KIB;

export const LIMITS = {
  /** A message, or a line of a file, larger than this is rejected as `too_large`. */
  messageBytes: 10 * MIB,
  /** Characters of id, model version and content types; a longer one is rejected as `bad_field`. */
  textFieldChars: 4 * KIB,
  /** Time that capture takes at most to make durable what it holds, once it is told to stop. */
  captureDrainMs: 20_000,
  /** A longer time between two heartbeats to the consumer group is warned about: a third of its session time-out. */
  heartbeatGapMs: 3_000,
  /** What leaving the source may take beside it, and what a process that has ended may leave open. */
  captureCloseMs: 1_000,
  exitGraceMs: 1_000,
  /** Time after which capture is no longer ready: without an answer of the broker, and without any progress. */
  captureSilentMs: 15_000,
  captureStuckMs: 60_000,
  /** Time after which only a restart helps: without any sign of the Kafka client, and with one write under way. */
  captureLostMs: 300_000,
  captureWriteMaxMs: 1_800_000,
  /** A turn of the event loop that takes longer is no turn. */
  eventLoopMs: 30_000,
  /** Topics used as a metric tag; the rest is `other`. */
  metricTopics: 50,
  /** Connections to the health endpoint at once. */
  healthConnections: 32,
  /** Lines of one kind written in one window; the rest is counted in one line. */
  logBurst: 20,
  logWindowMs: 10_000,
  /** Kinds of lines that are told apart for that. */
  logKinds: 1_000,
  /** Messages consumed before `maxRejectRate` is judged: fewer are no evidence. */
  rejectRateMinMessages: 100,
  /** Latest messages over which it is judged: of all since the start, a topic that goes bad late would hide in the good. */
  rejectRateWindow: 10_000,
  /** A response of a broker: what a fetch asks for, and one batch beyond it. */
  brokerResponseBytes: 512 * MIB,
  /** Unpacked bytes of one Kafka record batch: a bomb must not take the memory. Messages are at most 10 MiB each. */
  recordBatchBytes: 128 * MIB,
  /** Unpacked bytes of one fetch after which its further batches are left to the next: more than a fetch that is not packed. */
  fetchUnpackedBytes: 32 * MIB,
  /** Buffered records live in chunks of this size, so that 600 partitions stay small. */
  captureChunkBytes: 64 * KIB,
  /** Capture objects being encoded and written at once. */
  captureFlushes: 2,
  /** Bytes of a range that is encoded where it is: it takes a few milliseconds, sooner than another thread has begun. */
  captureEncodeInlineBytes: 512 * KIB,
  /** Bytes that the thread reserves for an object; a larger one makes it grow. Untouched, they take no memory. */
  captureScratchBytes: 40 * MIB,
  /** Models whose rows the footer of a capture object counts, about 25 bytes each. */
  footerModels: 2_000,
  /** Capture objects whose footers are read at once. */
  footerReads: 16,
  /** Gaps, overlaps, faults and orphans that an audit lists; the rest is counted. */
  auditFindings: 10_000,
  /** Uncompressed bytes of a row group. */
  rowGroupBytes: 16 * MIB,
  /** Uncompressed bytes of a Parquet page. */
  pageBytes: 256 * KIB,
  /** Of one column chunk; above it a bloom filter lets more absent values pass. */
  bloomFilterBytes: 1 * MIB,
  /** Read at once from an object's end: with a smaller object come its rows, with only the footer wanted little else. */
  parquetTailBytes: 512 * KIB,
  parquetFooterBytes: 64 * KIB,
  /** A plan reads a capture object up to this size at once: several small reads would take longer. */
  planWholeBytes: 2 * MIB,
  /** Largest object this program writes; S3 takes 5 GB in one put. */
  objectBytes: 1024 * MIB,
  /** Share of `capture.memory` that buffers may take: rows, the objects they are encoded to, and what is fetched. */
  captureBufferShare: 0.4,
  /** Share of the buffers that rows take, filling or being written; the rest is for their objects and for fetches. */
  captureRowShare: 0.5,
  /** Depth of JSON that scanner and parser follow. */
  jsonDepth: 512,
  /** Rows, bytes and age at which replay commits a unit's finished answers. */
  commitRows: 2_000,
  commitBytes: 32 * MIB,
  commitAgeMs: 30_000,
  /** Bytes of inputs read ahead and answers in flight or unsaved, for the whole replay process. */
  replayBufferBytes: 128 * MIB,
  /** Buckets of a run: shards, and partitions of the topic of units. */
  runBuckets: 1_024,
  /** Partitions of a topic of units that is made here. */
  queuePartitions: 16,
  /** Session time-outs of workers: below, a passing delay costs a rebalance; brokers refuse those beyond their own bounds. */
  workerSessionMinMs: 6_000,
  workerSessionMaxMs: 300_000,
  /** Units of one bucket that a worker has read ahead, and that it takes in hand as one piece of work. */
  workerOrders: 1_000,
  workerBatch: 400,
  /** Buckets at work at once in one worker: each has row groups and answers in memory. */
  workerLanes: 8,
  /** Time within which a worker that is told to stop has stored what was in flight, beside a request's timeout. */
  workerDrainMs: 20_000,
  /** Rows read ahead of one endpoint; at least twice what may be in flight. Fewer die young, which costs the least CPU. */
  replayRowsAhead: 1_024,
  /** Units of replay open at once. */
  replayOpenUnits: 4,
  /** Time after which an endpoint that refuses every connection is parked. */
  endpointSilentMs: 10_000,
  /** With `dedupe`, of one unit: requests remembered, and bytes of answers kept for their twins. */
  dedupeRows: 100_000,
  dedupeBytes: 8 * MIB,
  /** Time after which an endpoint that only fails is parked. */
  endpointBrokenMs: 60_000,
  /** The first answer of an endpoint, or the first after it was not ready, is a cold start when it takes this long. */
  coldStartMs: 1_000,
  /** Rows that `--limit` may keep over all models: their places are held in memory while a run is planned. */
  planLimitRows: 500_000,
  /** Lines of an `--ids` file. */
  planIds: 1_000_000,
  /** Classes of error told apart, for one model and for all. */
  errorClasses: 40,
  /** What `runs --watch` measures a rate over, and the time without movement after which it takes a run for killed. */
  watchWindowMs: 10_000,
  watchStillMs: 120_000,
  /** Latencies sent to DogStatsD a second, one by one. */
  latencySamplesPerSecond: 200,
  /** Largest answer read from a target. */
  responseBytes: 25 * MIB,
  /** Programs of a command target that run at once, however many the settings ask for. */
  commandPrograms: 256,
  /** Longest wait before a program that keeps failing is started again, and what one may take to end. */
  commandRestartMs: 10_000,
  commandEndMs: 2_000,
  /** End of a program's stderr that is kept for messages. */
  commandStderrBytes: 800,
  /** Longest time that a module may take to be loaded. */
  moduleLoadMs: 120_000,
  /** A module that does not say within this time that it has given a request up is stuck: its thread is ended. */
  moduleAbortMs: 2_000,
  /** Decoded bytes of replayed answers that one pass of compare holds. */
  compareBufferBytes: 96 * MIB,
  /** Threads that compare takes by itself: each has row groups, answers and a heap in the one budget of memory. */
  compareThreads: 2,
  compareThreadsMax: 64,
  /**
   * What a comparison on one thread may take, and each further thread: measured 230 to 270 MiB, and 85 to 110 MiB a thread,
   * over objects of 66,000 records that all mismatch; larger ones take more. A share of the memory is left to others.
   */
  compareProcessBytes: 288 * MIB,
  compareThreadBytes: 160 * MIB,
  compareMemorySpare: 0.25,
  /**
   * Resident memory of the process above which its second thread takes no further unit, unless threads were asked for:
   * what it held is given back, and the first goes on alone.
   */
  compareRestBytes: 288 * MIB,
  /**
   * Each half of the young generation of the thread that judges alone, and of each where several do, in MiB
   * (`growYoungGeneration`). Where all pairs of two threads mismatch, 8 take 80 MB more than 4 for no time, and 1 a
   * quarter more time than 4. Room for the old generation as capture has it gains nothing, and takes 180 MB, or 280 for two.
   */
  compareYoungMib: 8,
  compareYoungMibEach: 4,
  /** Commits of a unit opened at once: a store answers the next while one is unpacked. */
  compareCommitsAhead: 3,
  /** Bytes of captures and replays below which compare takes one thread: it ends sooner than another has begun. */
  compareInlineBytes: 8 * MIB,
  /** Text of one side of a finding. */
  diffValueBytes: 4 * KIB,
  errorDetailBytes: 1 * KIB,
  /** Findings kept for one pair; above it the pair is still a mismatch and the rest is counted. */
  findingsPerPair: 1_000,
  /** Pairs of elements of two lists tried against each other to find which belong together. */
  listTrials: 10_000,
  /** Distinct fingerprints kept of one model before all coarsen one step. */
  groupsPerModel: 4_096,
  /** Groups of all models together before every model coarsens one step. */
  groupsPerRun: 16_384,
  /** Distinct field paths kept of one model before they collapse. */
  fieldsPerModel: 1_024,
  /** Shapes of text told apart under one path, kind and rule before they are one group. */
  templatesPerField: 32,
  /** Pairs sampled of one group, and of all groups of a run: above it every group keeps half as many, at least four. */
  samplePerGroup: 256,
  samplesPerRun: 32_768,
  exemplarsPerGroup: 5,
  /** Sampled pairs of numbers in summary.json for the drawings of a report, and groups of a model that carry any. */
  pointsPerGroup: 64,
  groupsWithPoints: 10,
  /** Rows that triage remembers: differing pairs of one model, agreeing ones too, and all of a run. About 50 bytes each. */
  triageRowsPerModel: 20_000,
  triageRowsPerRun: 100_000,
  /** Agreeing pairs that triage would like to remember: of a run, of a model at most and at least; and the thinnest sample. */
  triageMatchesPerRun: 40_000,
  triageMatchesMost: 500,
  triageMatchesLeast: 64,
  triageMatchEvery: 100,
  /** Of them whose inputs are read: differing pairs with one path and kind of a model, and twice as many agreeing ones; all of a run. */
  triageLooksPerFamily: 300,
  triageLooksPerRun: 20_000,
  /** Objects whose inputs are read at once. */
  triageReads: 2,
  /** A larger input has no features but its length. */
  triageInputBytes: 64 * KIB,
  /** Features of one input, and distinct ones of a model that a search may combine. */
  triageItemsPerRow: 160,
  triageItemsPerModel: 4_000,
  /** Values of one place, the most frequent of an object, that may become a condition. */
  triageValues: 64,
  /** Searches of a run, those over the most rows first. */
  triageSearches: 1_000,
  /** Exemplars of a run that show their input, and its characters. */
  exemplarInputs: 100,
  exemplarInputChars: 600,
  explanations: 50,
  /** Answers of each model that a self-test changes, and bytes of all of them. */
  selfTestRows: 50,
  selfTestBytes: 64 * MIB,
  /** Latencies of each side below which a limit of the p99 ratio is not judged. */
  latencyLimitAnswers: 1_000,
  /** Characters of one side of a sampled pair, and so of an exemplar in summary.json; diffs/ holds more. */
  exemplarChars: 300,
  /** What `cutover rules suggest` looks at: groups, pairs that are judged again (of more, a sample by hash), and how much is in memory. */
  suggestGroups: 10,
  suggestPairs: 50_000,
  suggestBytes: 16 * MIB,
  /** Capture objects whose findings are looked through at once. */
  findingReads: 4,
  /** Pairs up to which `cutover groups` judges again what it shows; for more it names the command. */
  groupsSuggestPairs: 5_000,
  /** What `cutover show` prints: records of one id, rows that differ, characters of one body. */
  showRecords: 5,
  showRows: 200,
  showTextChars: 64 * KIB,
  /** Findings buffered before a row group of diffs is written, and uncompressed bytes of one diffs object. */
  diffRowGroupRows: 10_000,
  diffObjectBytes: 64 * MIB,
  /** HTML report: target, warning and refusal. */
  reportTargetBytes: 10 * MIB,
  reportWarnBytes: 25 * MIB,
  reportMaxBytes: 50 * MIB,
  /** A comment on a pull request, and a step's summary, as GitHub takes them, with room for what a job adds. */
  ciCommentBytes: 60_000,
  ciStepSummaryBytes: 1_000_000,
  /** Bytes of one DogStatsD datagram. */
  datagramBytes: 1_400,
  /** Field paths, and models, used as a metric tag; the rest is `other`. */
  metricPaths: 20,
  metricModels: 1_000,
  /** Findings by model, path and kind that are told apart, the most frequent ones; the rest is told by kind alone. */
  metricFindings: 1_000,
  /** Distinct counters and gauges (name and tags) kept in process before they are sent ahead of the interval. */
  metricCounters: 10_000,
  /** Of them sent at once, and the pause after so many: a receiver's socket holds about 200 KB. */
  metricBurst: 200,
  metricPauseMs: 2,
  /** Characters of a tag's value (Datadog cuts name and value at 200), of an event's title and text. */
  metricTagChars: 150,
  metricTitleChars: 200,
  metricTextChars: 4_000,
  /** A call of Datadog's API, how often one is tried, and the longest wait that it may ask for in between. */
  datadogCallMs: 30_000,
  datadogTries: 4,
  datadogWaitMs: 60_000,
  /** Least room of a local store, and largest difference of clocks, with which `cutover doctor` is content. */
  diskFreeBytes: 1024 * MIB,
  diskFreeFiles: 10_000,
  clockSkewMs: 60_000,
  /** Longest time one check of `cutover doctor` may take. */
  doctorCheckMs: 10_000,
  /** A larger config file is refused. */
  configBytes: 1 * MIB,
  /** Tries of one store call, the first included, and the longest wait between two. */
  storeAttempts: 8,
  storeBackoffMs: 10_000,
  /** Tries of the check before any work: a wrong address should be said soon. */
  storeCheckAttempts: 3,
  /** A connection to the store that is not made, and one on which nothing moves, are given up after so long. */
  storeConnectMs: 5_000,
  storeIdleMs: 60_000,
  /** Age at which an unfinished write of a killed process is cleared from a local store. */
  storeTempAgeMs: 24 * 3_600_000,
} as const;
