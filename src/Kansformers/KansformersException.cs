using Kansformers.Files;
using Kansformers.Runtime;

namespace Kansformers;

/// <summary>
/// A failure that the user can act on: the message says in one line what went wrong, where, and what to do.
/// The command line prints it without a stack trace and exits with 1.
/// </summary>
public class KansformersException : Exception
{
    /// <summary>Creates the exception with a message for the user.</summary>
    /// <param name="message">What went wrong, where, and what to do, in one line.</param>
    public KansformersException(string message)
        : base(message)
    {
    }

    /// <summary>Creates the exception with a message for the user and the failure behind it.</summary>
    /// <param name="message">What went wrong, where, and what to do, in one line.</param>
    /// <param name="innerException">The failure that caused this one.</param>
    public KansformersException(string message, Exception? innerException)
        : base(message, innerException)
    {
    }

    /// <summary>
    /// Any failure as one for the user: itself or the one within it; a lack of memory; what the system says against reading or writing. A program that shows
    /// its messages asks this in its outermost <c>catch</c>.
    /// </summary>
    /// <param name="failure">Any failure.</param>
    /// <returns>What to show; null where the failure is none that a user can act on, which is a fault of a program.</returns>
    public static KansformersException? Explain(Exception failure)
    {
        ArgumentNullException.ThrowIfNull(failure);
        return failure as KansformersException
            ?? (OutOfMemory.Caused(failure) ? new KansformersException("not enough memory for this model; use a smaller one, or a machine with more", failure) : null)
            ?? Within(failure)
            ?? (SystemFault.Is(failure) ? new KansformersException(SystemFault.Reason(failure), failure) : null);
    }

    /// <summary>The failure for the user within another one, such as that of a type's initialization; the outermost, which says most.</summary>
    /// <param name="failure">The failure, which may be one for the user itself.</param>
    /// <returns>The failure for the user; null when there is none.</returns>
    internal static KansformersException? Within(Exception failure)
    {
        ArgumentNullException.ThrowIfNull(failure);
        for (Exception? cause = failure; cause is not null; cause = cause.InnerException)
        {
            if (cause is KansformersException found)
                return found;
        }

        return null;
    }
}
