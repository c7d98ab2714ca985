package app.amends

import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import kotlin.io.path.Path
import kotlin.io.path.readText

class GettingStartedTest {
    private fun plain(code: String) = code.lines().map(String::trim).filter(String::isNotEmpty)

    @Test
    fun `the code of the README is code that compiles`() {
        val compiled = plain(Path("src/test/kotlin/app/amends/GettingStarted.kt").readText())
        val blocks = Regex("```kotlin\n(.*?)```", RegexOption.DOT_MATCHES_ALL)
            .findAll(Path("README.md").readText())
            .map { plain(it.groupValues[1]) }
            .toList()
        assertTrue(blocks.size >= 4)
        for (block in blocks) {
            assertTrue(compiled.windowed(block.size).any { it == block }, "not compiled: $block")
        }
    }
}
