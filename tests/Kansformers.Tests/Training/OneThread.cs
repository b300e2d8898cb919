namespace Kansformers.Tests.Training;

/// <summary>
/// Tests with tensors too small for threads to share: waiting for one another would be most of the work on a busy machine. <see cref="SeededAttribute"/> sees to it.
/// </summary>
public abstract class OneThread;
