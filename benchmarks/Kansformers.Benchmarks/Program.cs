using BenchmarkDotNet.Running;

// dotnet run -c Release --project benchmarks/Kansformers.Benchmarks -- --filter '*'
//
// In this process: a project that BenchmarkDotNet generates would copy libtorch's 0.5 GB for every job.
// A short job (3 warm-ups, 3 measurements) unless another one is named: --job medium has tighter errors, --job dry only tries.
string[] job = args.Any(arg => arg is "-j" or "--job") ? [] : ["--job", "short"];
BenchmarkSwitcher.FromAssembly(typeof(Program).Assembly).Run([.. args, .. job, "--inProcess"]);
