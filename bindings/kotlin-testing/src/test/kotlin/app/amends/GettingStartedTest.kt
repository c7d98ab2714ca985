package app.amends

import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import kotlin.io.path.Path
import kotlin.io.path.readText

class GettingStartedTest {
    private fun plain(code: String) = code.lines().map(String::trim).filter(String::isNotEmpty)

    private fun compiles(readme: String, code: String, least: Int) {
        val compiled = plain(Path(code).readText())
        val blocks = Regex("```kotlin\n(.*?)```", RegexOption.DOT_MATCHES_ALL)
            .findAll(Path(readme).readText())
            .map { plain(it.groupValues[1]) }
            .toList()
        assertTrue(blocks.size >= least)
        for (block in blocks) {
            assertTrue(compiled.windowed(block.size).any { it == block }, "not compiled: $block")
        }
    }

    @Test
    fun `the code of the README is code that compiles`() =
        compiles("../kotlin/README.md", "src/test/kotlin/app/amends/GettingStarted.kt", 7)

    /** That module compiles it; here is where tests run. */
    @Test
    fun `so is the code of the README for Android`() = compiles(
        "../android/README.md",
        "../android/src/test/kotlin/app/amends/android/GettingStarted.kt",
        2,
    )
}
